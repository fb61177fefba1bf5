import { TiquoAuth } from "./auth.js";
import { issuerOf } from "./endpoint.js";

const script = document.currentScript;
if (script instanceof HTMLScriptElement) TiquoAuth.defaultEndpoint = issuerOf(script.src);
Object.assign(window, { TiquoAuth, Tiquo: TiquoAuth });
