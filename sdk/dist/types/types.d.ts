/** The languages that there are texts in. */
export type Locale = "en" | "fr" | "es";
/** Where tokens are kept: what `window.localStorage` can do of it is enough. */
export interface TokenStorage {
    getItem(key: string): string | null;
    setItem(key: string, value: string): void;
    removeItem(key: string): void;
}
export interface TiquoAuthOptions {
    /** The organization's public key, `pk_dom_…`. */
    publicKey: string;
    /**
     * The issuer's URL, for example `https://id.example.com`. Without it, the issuer that this script was loaded from.
     * It has to be the issuer's own name: proofs of the browser's key (DPoP) are made for it.
     */
    apiEndpoint?: string;
    /** The language of mails and of what customers are told. Default: the document's, then the browser's, then English. */
    locale?: Locale;
    /** Writes every request and its outcome, every event and the next refresh to the console; never a token, a code or an address. */
    debug?: boolean;
    /** Whether tabs tell each other of sign-in, sign-out and new tokens. Default: true. */
    enableTabSync?: boolean;
    /** A session that was made elsewhere, for example by the native app around a web view. */
    accessToken?: string;
    /**
     * Its refresh token. The same pair may be passed at every load: it is taken over once, and what came of it stays.
     */
    refreshToken?: string;
    /**
     * `"local"` (default) survives the browser's end; `"session"` ends with the tab; `"memory"` ends with the page; or a
     * storage of your own. A storage that the browser blocks becomes memory.
     */
    storage?: "local" | "session" | "memory" | TokenStorage;
}
/** Who is signed in. */
export interface User {
    id: string;
    email: string;
}
/** The shop's record of them. */
export interface Customer {
    id: string;
    firstName: string | null;
    lastName: string | null;
    displayName: string | null;
    /** For people: `CUST-000001`. */
    customerNumber: string;
    email: string;
    phone: string | null;
    profilePhoto: string | null;
    status: "active" | "inactive" | "archived";
    totalOrders: number;
    totalSpent: number;
    lifetimeValue: number;
    /** Of the totals, ISO 4217: `EUR`. It is the organization's, whatever the orders are in. */
    currency: string;
}
export interface Session {
    user: User;
    /** `null` when no customer is linked to this user. */
    customer: Customer | null;
}
/** What a customer may change of themselves; `null` clears. */
export type ProfilePatch = Partial<Pick<Customer, "firstName" | "lastName" | "displayName" | "phone" | "profilePhoto">>;
/** A code that is on its way. */
export interface SentCode {
    /** The address, as it was given. */
    email: string;
    /** Tells this code's mail from others: `K7`. Show it beside the field. */
    reference: string;
    /** 6 digits, or 8 letters and digits. */
    codeLength: number;
    /** Seconds that the code lives, from its sending. */
    expiresIn: number;
    /** Seconds until `resend()` may be called. */
    resendIn: number;
}
export interface SendOptions {
    /** The language of this mail and of what its customer is told. Default: as for `TiquoAuth`. */
    locale?: Locale;
}
/** A page of a list, newest first. */
export interface Page<T> {
    items: T[];
    hasMore: boolean;
    /** Where the next page begins; `null` at the end. */
    nextCursor: string | null;
}
/**
 * The pages of a list, fetched as they are asked for: `for await (const page of auth.getOrders())`. When `next()`
 * rejects, it may be called again and goes on at the same page.
 */
export interface Pages<T> extends AsyncIterableIterator<Page<T>> {
    /** The same, item by item. */
    items(): AsyncIterableIterator<T>;
}
export interface ListOptions<Status extends string> {
    /** Only those with this status. */
    status?: Status;
    /** Items in a page, 1 to 100. Default: 50. */
    limit?: number;
    /** Where to begin: a page's `nextCursor`. */
    cursor?: string;
}
export type OrderStatus = "pending" | "processing" | "completed" | "cancelled" | "refunded";
export interface OrderItem {
    name: string;
    quantity: number;
    unitPrice: number;
    total: number;
}
export interface Order {
    id: string;
    /** For people: `ORD-001234`. */
    orderNumber: string;
    status: OrderStatus;
    paymentStatus: "pending" | "paid" | "failed" | "refunded";
    total: number;
    subtotal: number;
    taxTotal: number;
    discountTotal: number;
    /**
     * Of all its amounts, ISO 4217: `EUR`. Amounts are numbers of its whole unit, as `Intl.NumberFormat` takes them with
     * `{ style: "currency", currency }`.
     */
    currency: string;
    items: OrderItem[];
    /** Milliseconds since 1970. */
    createdAt: number;
    completedAt: number | null;
    customerRole: string;
}
export type BookingStatus = "pending" | "confirmed" | "completed" | "cancelled";
export interface Booking {
    id: string;
    /** For people: `BKG-000812`. */
    bookingNumber: string;
    status: BookingStatus;
    service: string;
    location: string | null;
    /** Milliseconds since 1970. */
    startsAt: number;
    endsAt: number | null;
    partySize: number;
    notes: string | null;
    createdAt: number;
    customerRole: string;
}
export type EnquiryStatus = "new" | "open" | "pending" | "resolved" | "closed";
export interface Enquiry {
    id: string;
    /** For people: `ENQ-001234`. */
    enquiryNumber: string;
    type: string;
    subject: string;
    message: string;
    category: string | null;
    status: EnquiryStatus;
    priority: "low" | "medium" | "high" | "urgent";
    source: string | null;
    responseCount: number;
    /** ISO 8601. */
    createdAt: string;
    updatedAt: string;
    customerRole: string;
}
/**
 * - `INITIAL_SESSION`: who is signed in at the start, once for each callback and before all others.
 * - `LOGIN`: somebody signed in, here or in another tab.
 * - `LOGOUT`: nobody is signed in any more: `logout()` here or in another tab, or the session is over.
 * - `SESSION_UPDATE`: the profile was changed, here or in another tab.
 * - `TOKEN_REFRESH`: there are new tokens; nothing to do.
 */
export type AuthEvent = "INITIAL_SESSION" | "LOGIN" | "LOGOUT" | "SESSION_UPDATE" | "TOKEN_REFRESH";
/**
 * @param session Who is signed in, as far as this page knows: `null` after `LOGOUT`, and when it is not known or could
 * not be fetched (call `getUser()`).
 */
export type AuthStateCallback = (event: AuthEvent, session: Session | null) => void;
/** Takes a callback away again. */
export type Unsubscribe = () => void;
/** What `TiquoAuth` can do. Everything that can fail rejects with a `TiquoError`. */
export interface TiquoAuthApi {
    /**
     * Sends a code to an address, as it was typed or pasted: the server judges it. For the address of the code that is on its
     * way it is `resend()`, with its wait (`resend_too_soon`).
     */
    sendOTP(email: string, options?: SendOptions): Promise<SentCode>;
    /**
     * Signs in with the code, as the customer typed or pasted it: spaces, dashes, digits of any script and a whole subject
     * line are understood. `code_malformed` costs no try. After `challenge_spent`, which the try that uses the last one up
     * hears too, `challenge_expired` and `code_retired` no code of this mail is good any more: offer `resend()`.
     */
    verifyOTP(email: string, code: string): Promise<Session>;
    /** Sends another code to the same address. */
    resend(): Promise<SentCode>;
    /** The code that was sent and not used yet, also after the page was loaded again; else `null`. */
    pendingOTP(): SentCode | null;
    /**
     * Whether somebody is signed in, by what this browser has stored: at once, to show the right page first, and no proof.
     * The server may know better (`getUser()`).
     */
    readonly isSignedIn: boolean;
    /** Who is signed in; `null` when nobody is. Asks the server, and rejects when it cannot be reached. */
    getUser(): Promise<Session | null>;
    /** An access token that is valid now, refreshed when needed; `null` when nobody is signed in. */
    getAccessToken(): Promise<string | null>;
    /**
     * `fetch` with the access token, to `apiEndpoint` and nowhere else: a path, or a URL of the same origin. Refused with
     * 401 `invalid_token`, it refreshes and asks once more.
     */
    fetch(path: string, init?: RequestInit): Promise<Response>;
    /** Changes the customer's own record, and answers all of it. */
    updateProfile(patch: ProfilePatch): Promise<Customer>;
    getOrders(options?: ListOptions<OrderStatus>): Pages<Order>;
    getBookings(options?: ListOptions<BookingStatus>): Pages<Booking>;
    getEnquiries(options?: ListOptions<EnquiryStatus>): Pages<Enquiry>;
    /**
     * Signs out, in every tab and at the server. Here it takes effect in any case; it rejects when the server could not
     * be told, and goes on trying while the page is open.
     */
    logout(): Promise<void>;
    onAuthStateChange(callback: AuthStateCallback): Unsubscribe;
    /** Ends timers and listeners. The session stays. */
    destroy(): void;
}
