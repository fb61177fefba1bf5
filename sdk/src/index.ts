import { TiquoAuth } from "./auth.js";
import { issuerOf } from "./endpoint.js";

// Only when the issuer itself served this file; a bundle says `apiEndpoint`.
TiquoAuth.defaultEndpoint = issuerOf(import.meta.url);

export { TiquoAuth, TiquoAuth as Tiquo };
export { TiquoError } from "./error.js";
export type { ErrorDetails } from "./error.js";
export type { OwnReason, Reason, ServerReason } from "./reason.js";
export type * from "./types.js";
export default TiquoAuth;
