// The same of items.
import type { components, paths } from "./schema";

type Item = components["schemas"]["Item"];
type Filters = NonNullable<paths["/api/v1/items"]["get"]["parameters"]["query"]>;

export function titles(page: components["schemas"]["ItemPage"]): string[] {
  return page.items.map((item: Item) => item.title);
}

export const sent: components["schemas"]["NewItem"] = { title: "Desk lamp" };

// @ts-expect-error - no such status
export const filters: Filters = { status: "lost" };
// @ts-expect-error - a title is wanted
export const nameless: components["schemas"]["NewItem"] = { description: "Brass, 1930s" };
