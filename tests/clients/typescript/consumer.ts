// What a front end writes with the generated types; that it compiles is the test.
import type { components, operations, paths } from "./schema";

type Item = components["schemas"]["Item"];
type Problem = components["schemas"]["Problem"];
type Created = operations["create_item"]["responses"][201]["content"]["application/json"];
type Refused = operations["create_item"]["responses"][400]["content"]["application/problem+json"];
type Filters = NonNullable<paths["/api/v1/items"]["get"]["parameters"]["query"]>;

export function titles(page: components["schemas"]["ItemPage"]): string[] {
  return page.items.map((item: Item) => item.title);
}

export function next(page: components["schemas"]["ItemPage"]): Filters {
  return page.next_cursor === null ? {} : { cursor: page.next_cursor };
}

export function told(problem: Problem): string {
  const fields = problem.errors?.map((each) => `${each.field}: ${each.detail}`) ?? [];
  return [problem.code, ...fields].join("\n");
}

export const sent: components["schemas"]["NewItem"] = { title: "Desk lamp" };
export const answered = (answer: Created | Refused): string =>
  "title" in answer && "id" in answer ? answer.id : told(answer);

// @ts-expect-error - no such status
export const filters: Filters = { status: "lost" };
// @ts-expect-error - a title is wanted
export const nameless: components["schemas"]["NewItem"] = { description: "Brass, 1930s" };
