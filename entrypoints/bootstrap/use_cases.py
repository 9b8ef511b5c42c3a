"""Which use cases there are."""

from application.access.create_api_key import CreateApiKeyHandler
from application.access.create_role import CreateRoleHandler
from application.access.delete_role import DeleteRoleHandler
from application.access.explain_access import ExplainAccessHandler
from application.access.find_api_key import FindApiKeyHandler
from application.access.get_role import GetRoleHandler
from application.access.list_api_keys import ListApiKeysHandler
from application.access.list_roles import ListRolesHandler
from application.access.revoke_api_key import RevokeApiKeyHandler
from application.access.update_role import UpdateRoleHandler
from application.attachments.attach_file import AttachFileHandler
from application.attachments.delete_attachment import DeleteAttachmentHandler
from application.attachments.delete_blobs import DeleteBlobsHandler
from application.attachments.list_attachments import ListAttachmentsHandler
from application.attachments.open_attachment import OpenAttachmentHandler
from application.attachments.remove_attachments import RemoveAttachments
from application.attachments.sweep_blobs import SweepBlobsHandler
from application.audit.list_audit import ListAuditHandler
from application.audit.list_security_events import ListSecurityEventsHandler
from application.audit.record_refusal import RecordRefusalHandler
from application.audit.seal_audit import SealAuditHandler
from application.audit.security_log import SecurityLog
from application.audit.verify_audit import VerifyAuditHandler
from application.auth.authenticate import AuthenticateHandler
from application.auth.check_keys import CheckKeysHandler
from application.auth.complete_sign_in import CompleteSignIn
from application.auth.confirm_identity import ConfirmIdentity
from application.auth.confirm_totp import ConfirmTotpHandler
from application.auth.get_mfa import GetMfaHandler
from application.auth.introspect_token import IntrospectTokenHandler
from application.auth.list_sessions import ListSessionsHandler
from application.auth.login import LoginHandler
from application.auth.login_mfa import LoginMfaHandler
from application.auth.logout import LogoutHandler
from application.auth.logout_all import LogoutAllHandler
from application.auth.mail_password_reset import MailPasswordResetHandler
from application.auth.refresh import RefreshHandler
from application.auth.refused_sign_in import NoteRefusedSignIn
from application.auth.renew_recovery_codes import RenewRecoveryCodesHandler
from application.auth.report_not_me import ReportNotMeHandler
from application.auth.request_password_reset import RequestPasswordResetHandler
from application.auth.request_verification import RequestVerificationHandler
from application.auth.reset_password import ResetPasswordHandler
from application.auth.reset_totp import ResetTotpHandler
from application.auth.revoke_session import RevokeSessionHandler
from application.auth.revoke_token import RevokeTokenHandler
from application.auth.rotate_data_key import RotateDataKeyHandler
from application.auth.second_factor import SecondFactor
from application.auth.set_up_totp import SetUpTotpHandler
from application.auth.sweep_one_time_tokens import SweepOneTimeTokensHandler
from application.auth.turn_off_totp import TurnOffTotpHandler
from application.auth.verify_email import VerifyEmailHandler
from application.events.sweep_events import SweepEventsHandler
from application.idempotency.answer_once import AnswerOnce
from application.idempotency.sweep_kept_answers import SweepKeptAnswersHandler
from application.items.create_item import CreateItemHandler
from application.items.create_items import CreateItemsHandler
from application.items.delete_item import DeleteItemHandler
from application.items.export_items import ExportItemsHandler
from application.items.follow_items import FollowItemsHandler
from application.items.get_item import GetItemHandler
from application.items.import_items import ImportItemsHandler
from application.items.list_items import ListItemsHandler
from application.items.restore_item import RestoreItemHandler
from application.items.update_item import UpdateItemHandler
from application.jobs.discard_job import DiscardJobHandler
from application.jobs.get_job import GetJobHandler
from application.jobs.job_statistics import JobStatisticsHandler
from application.jobs.list_jobs import ListJobsHandler
from application.jobs.purge_jobs import PurgeJobsHandler
from application.jobs.retry_job import RetryJobHandler
from application.mail.account_mail import AccountMail
from application.mail.send_mail import SendMailHandler
from application.throttling.request_limit import RequestLimit
from application.throttling.sweep_throttles import SweepThrottlesHandler
from application.throttling.throttle import Throttle
from application.transfers import Transfers
from application.users.assign_roles import AssignRolesHandler
from application.users.change_password import ChangePasswordHandler
from application.users.delete_own_account import DeleteOwnAccountHandler
from application.users.delete_user import DeleteUserHandler
from application.users.export_users import ExportUsersHandler
from application.users.find_user import FindUserHandler
from application.users.get_user import GetUserHandler
from application.users.import_users import ImportUsersHandler
from application.users.list_users import ListUsersHandler
from application.users.make_first_superuser import MakeFirstSuperuserHandler
from application.users.own_data import ExportOwnDataHandler
from application.users.purge_accounts import PurgeAccountsHandler
from application.users.register_user import RegisterUserHandler
from application.users.request_email_change import RequestEmailChangeHandler
from application.users.restore_user import RestoreUserHandler
from application.users.send_password_reset import SendPasswordResetHandler
from application.users.set_password import SetPasswordHandler
from application.users.update_user import UpdateUserHandler
from application.users.vouch_for_email import VouchForEmailHandler

HANDLERS: tuple[type, ...] = (
    AuthenticateHandler,
    LoginHandler,
    LoginMfaHandler,
    GetMfaHandler,
    SetUpTotpHandler,
    ConfirmTotpHandler,
    RenewRecoveryCodesHandler,
    TurnOffTotpHandler,
    ResetTotpHandler,
    CheckKeysHandler,
    RotateDataKeyHandler,
    RefreshHandler,
    IntrospectTokenHandler,
    RevokeTokenHandler,
    LogoutHandler,
    LogoutAllHandler,
    ListSessionsHandler,
    RevokeSessionHandler,
    RequestPasswordResetHandler,
    MailPasswordResetHandler,
    ResetPasswordHandler,
    RequestVerificationHandler,
    VerifyEmailHandler,
    ReportNotMeHandler,
    SweepOneTimeTokensHandler,
    RegisterUserHandler,
    MakeFirstSuperuserHandler,
    GetUserHandler,
    FindUserHandler,
    ListUsersHandler,
    ExportUsersHandler,
    ImportUsersHandler,
    UpdateUserHandler,
    AssignRolesHandler,
    ChangePasswordHandler,
    SetPasswordHandler,
    SendPasswordResetHandler,
    RequestEmailChangeHandler,
    VouchForEmailHandler,
    DeleteOwnAccountHandler,
    DeleteUserHandler,
    RestoreUserHandler,
    PurgeAccountsHandler,
    ExportOwnDataHandler,
    CreateRoleHandler,
    GetRoleHandler,
    ListRolesHandler,
    UpdateRoleHandler,
    DeleteRoleHandler,
    CreateApiKeyHandler,
    ListApiKeysHandler,
    FindApiKeyHandler,
    RevokeApiKeyHandler,
    ExplainAccessHandler,
    ListAuditHandler,
    ListSecurityEventsHandler,
    RecordRefusalHandler,
    SealAuditHandler,
    VerifyAuditHandler,
    CreateItemHandler,
    CreateItemsHandler,
    GetItemHandler,
    ListItemsHandler,
    ExportItemsHandler,
    ImportItemsHandler,
    UpdateItemHandler,
    DeleteItemHandler,
    RestoreItemHandler,
    FollowItemsHandler,
    SweepEventsHandler,
    SweepKeptAnswersHandler,
    AttachFileHandler,
    ListAttachmentsHandler,
    OpenAttachmentHandler,
    DeleteAttachmentHandler,
    DeleteBlobsHandler,
    SweepBlobsHandler,
    ListJobsHandler,
    JobStatisticsHandler,
    GetJobHandler,
    RetryJobHandler,
    DiscardJobHandler,
    PurgeJobsHandler,
    SendMailHandler,
    SweepThrottlesHandler,
)


SHARED: tuple[type, ...] = (
    AccountMail,
    SecurityLog,
    Throttle,
    RequestLimit,
    Transfers,
    ConfirmIdentity,
    NoteRefusedSignIn,
    CompleteSignIn,
    SecondFactor,
    AnswerOnce,
    RemoveAttachments,
)
"""What several use cases are made of."""
