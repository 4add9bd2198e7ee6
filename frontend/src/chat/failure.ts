/** What the page does with a REST call that failed. */

import { ApiError } from "@/lib/api/client";
import type { Store } from "@/lib/store/store";

import type { ChatState } from "./state";

/** Say it, or ask to sign in again. Anything but a refused call is a mistake of ours and is thrown on. */
export function failureShow(store: Store<ChatState>, error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 401) store.update((state) => ({ ...state, socket: "signed_out" }));
  else store.update((state) => ({ ...state, alert: error.refusal }));
}
