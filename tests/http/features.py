"""What has to be known of each feature by the tests that hold on all routes."""

from tests.http.cases.access import ACCESS
from tests.http.cases.api_keys import API_KEYS
from tests.http.cases.attachments import ATTACHMENTS
from tests.http.cases.audit import AUDIT
from tests.http.cases.items import ITEMS
from tests.http.cases.jobs import JOBS
from tests.http.cases.mail_links import MAIL_LINKS
from tests.http.cases.second_factor import SECOND_FACTOR
from tests.http.cases.sign_in import SIGN_IN
from tests.http.cases.system import SYSTEM
from tests.http.cases.users import USERS

FEATURES = (
    SYSTEM,
    SIGN_IN,
    SECOND_FACTOR,
    API_KEYS,
    MAIL_LINKS,
    USERS,
    ACCESS,
    AUDIT,
    JOBS,
    ITEMS,
    ATTACHMENTS,
)
