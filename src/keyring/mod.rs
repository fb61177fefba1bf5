//! The keys: files, states, the RS256 signer, the JWK Set, MAC keys.
