// The typings as a page's own TypeScript sees them. Checked, never run.
import TiquoDefault, { type AuthEvent, type Locale, type Reason, type Order, type Session, Tiquo, TiquoAuth, TiquoError } from "tiquo-auth";

const auth: TiquoAuth = new Tiquo({ publicKey: "pk_dom_demo", storage: "memory", debug: true });
new TiquoDefault({ publicKey: "pk_dom_demo", apiEndpoint: "https://id.example.com", storage: window.sessionStorage });
const locales: readonly Locale[] = ["en", "fr", "es"];
new TiquoAuth({ publicKey: "pk_dom_demo", locale: locales[1]! });
// @ts-expect-error there are no texts in German
new TiquoAuth({ publicKey: "pk_dom_demo", locale: "de" });
const shown: boolean = auth.isSignedIn;
// @ts-expect-error it follows from what is stored
auth.isSignedIn = shown;
// @ts-expect-error the public key is needed
new TiquoAuth({});

export async function use(): Promise<string | null> {
  const { reference, codeLength } = await auth.sendOTP("ana@example.com", { locale: "fr" });
  const session: Session = await auth.verifyOTP("ana@example.com", reference + codeLength);
  const off = auth.onAuthStateChange((event: AuthEvent, now) => console.log(event, now?.customer?.firstName));
  const orders: Order[] = [];
  for await (const page of auth.getOrders({ status: "completed", limit: 10 })) orders.push(...page.items);
  for await (const { bookingNumber } of auth.getBookings().items()) console.log(bookingNumber);
  // @ts-expect-error enquiries have other states than orders
  auth.getEnquiries({ status: "refunded" });
  await auth.updateProfile({ firstName: "Ana", phone: null });
  // @ts-expect-error the address cannot be changed
  await auth.updateProfile({ email: "eve@example.com" });
  const response: Response = await auth.fetch("/api/client/v1/profile", { method: "GET" });
  await auth.logout().catch((error: unknown) => {
    if (error instanceof TiquoError || error instanceof TiquoAuth.Error) told(error);
  });
  off();
  auth.destroy();
  return response.ok ? auth.getAccessToken() : session.user.email;
}

function told(error: TiquoError): string | undefined {
  const reason: Reason = error.reason;
  // @ts-expect-error no such reason
  if (reason === "email_wrong") return undefined;
  if (error.field === "firstName" || reason === "email_invalid") return error.message;
  return error.detail ?? `${error.retryAfter}`;
}
