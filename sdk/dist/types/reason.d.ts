/** What the issuer refuses with. A newer issuer may know more words: take those for "try again later". */
export type ServerReason = "body_too_large" | "body_too_slow" | "challenge_expired" | "challenge_spent" | "client_authentication_required" | "code_malformed" | "code_retired" | "code_wrong" | "email_invalid" | "expired" | "insufficient_scope" | "invalid" | "invalid_dpop_proof" | "invalid_request" | "mail_unavailable" | "method_not_allowed" | "misdirected_request" | "no_customer" | "not_found" | "origin_not_allowed" | "public_key_unknown" | "rate_limited" | "resend_too_soon" | "reused" | "revoked" | "send_limit" | "server_error" | "superseded" | "token_invalid" | "token_missing" | "unavailable" | "unsupported_content_encoding" | "unsupported_media_type";
/** What the SDK rejects with by itself. */
export type OwnReason = "bad_answer" | "foreign_origin" | "invalid_option" | "key_lost" | "key_unavailable" | "network" | "no_challenge" | "session_changed" | "signed_out" | "superseded" | "timeout" | "unexpected";
/** Why something was refused, in words that stay the same. */
export type Reason = ServerReason | OwnReason;
