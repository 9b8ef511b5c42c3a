// What a front end writes with the generated types; that it compiles is the test.
import type { components, operations, paths } from "./schema";

type User = components["schemas"]["User"];
type Problem = components["schemas"]["Problem"];
type Created = operations["register_user"]["responses"][201]["content"]["application/json"];
type Refused = operations["register_user"]["responses"][400]["content"]["application/problem+json"];
type Filters = NonNullable<paths["/api/v1/users"]["get"]["parameters"]["query"]>;

export function names(page: components["schemas"]["UserPage"]): string[] {
  return page.items.map((user: User) => user.full_name ?? user.username);
}

export function next(page: components["schemas"]["UserPage"]): Filters {
  return page.next_cursor === null ? {} : { cursor: page.next_cursor };
}

export function told(problem: Problem): string {
  const fields = problem.errors?.map((each) => `${each.field}: ${each.detail}`) ?? [];
  return [problem.code, ...fields].join("\n");
}

export const sent: components["schemas"]["NewUser"] = {
  email: "ada@example.com",
  password: "correct horse battery staple",
};
export const answered = (answer: Created | Refused): string =>
  "email" in answer && "id" in answer ? answer.id : told(answer);

export const key: components["schemas"]["NewApiKey"] = {
  name: "Nightly import",
  permissions: ["users:read"],
};

// @ts-expect-error - true or false
export const filters: Filters = { is_active: "perhaps" };
// @ts-expect-error - no such permission
export const greedy: components["schemas"]["NewApiKey"] = { name: "All", permissions: ["all"] };
// @ts-expect-error - a password is wanted
export const open: components["schemas"]["NewUser"] = { email: "ada@example.com" };
