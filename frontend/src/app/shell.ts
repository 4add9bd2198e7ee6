/** What the server's page gives us: whose page it is, and a few addresses. */

import { api } from "@/lib/api/calls";
import { me, type Me } from "@/lib/wire/views";

export interface Shell {
  readonly root: HTMLElement;
  readonly product: string;
  readonly signout_url: string;
  /** Only for staff. */
  readonly admin_url: string | null;
}

export function shellRead(page: Document): Shell {
  const root = page.getElementById("root");
  if (root === null) throw new Error("The page has no #root to draw in");
  const { signoutUrl = "/accounts/logout/", adminUrl = "" } = root.dataset;
  return { root, product: page.title, signout_url: signoutUrl, admin_url: adminUrl === "" ? null : adminUrl };
}

/** The page may carry the body of `GET /me`; one round trip less. */
export async function meRead(page: Document): Promise<Me> {
  const boot = page.getElementById("chatapp-boot")?.textContent;
  return boot === undefined || boot === "" ? api.me() : me(JSON.parse(boot), "boot");
}

export function signInUrl(): string {
  return `/accounts/login/?next=${encodeURIComponent(location.pathname)}`;
}
