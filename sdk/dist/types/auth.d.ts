import { TiquoError } from "./error.js";
import type { AuthStateCallback, Booking, BookingStatus, Customer, Enquiry, EnquiryStatus, ListOptions, Order, OrderStatus, Pages, ProfilePatch, SendOptions, SentCode, Session, TiquoAuthApi, TiquoAuthOptions, Unsubscribe } from "./types.js";
/** Signs customers in, keeps them signed in, and gets their own data. */
export declare class TiquoAuth implements TiquoAuthApi {
    /** What every method rejects with. */
    static readonly Error: typeof TiquoError;
    /** The issuer that the script was loaded from. */
    static defaultEndpoint: string | undefined;
    private readonly publicKey;
    private readonly parts;
    private readonly codes;
    private readonly sessions;
    private readonly revoker;
    private readonly listeners;
    private proving;
    constructor(options: TiquoAuthOptions);
    sendOTP(email: string, options?: SendOptions): Promise<SentCode>;
    resend(): Promise<SentCode>;
    pendingOTP(): SentCode | null;
    verifyOTP(email: string, code: string): Promise<Session>;
    get isSignedIn(): boolean;
    getUser(): Promise<Session | null>;
    getAccessToken(): Promise<string | null>;
    fetch(path: string, init?: RequestInit): Promise<Response>;
    updateProfile(patch: ProfilePatch): Promise<Customer>;
    getOrders(options?: ListOptions<OrderStatus>): Pages<Order>;
    getBookings(options?: ListOptions<BookingStatus>): Pages<Booking>;
    getEnquiries(options?: ListOptions<EnquiryStatus>): Pages<Enquiry>;
    logout(): Promise<void>;
    onAuthStateChange(callback: AuthStateCallback): Unsubscribe;
    destroy(): void;
    private signIn;
    /** Presents the code with a proof of the key; once more when the clock that made the proof was wrong. */
    private proven;
    private call;
    private list;
    /** Sends a request with the access token; refused, once more with another token of the same session. */
    private authorized;
}
