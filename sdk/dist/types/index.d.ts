import { TiquoAuth } from "./auth.js";
export { TiquoAuth, TiquoAuth as Tiquo };
export { TiquoError } from "./error.js";
export type { ErrorDetails } from "./error.js";
export type { OwnReason, Reason, ServerReason } from "./reason.js";
export type * from "./types.js";
export default TiquoAuth;
