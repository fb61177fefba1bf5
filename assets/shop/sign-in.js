// The door: an address, then the code that was sent there.
import { at, busy, counted, mark, say } from "./dom.js";

/** After these no code of the mail can be used any more. */
const OVER = ["challenge_expired", "challenge_spent", "code_retired"];

/** Wires both forms. */
export function signIn(auth, outbox) {
  const [addressForm, codeForm] = [at("address-form"), at("code-form")];
  const [email, code, resend, wait] = ["email", "code", "resend", "wait"].map(at);
  let sent = null;
  let until = 0;
  let tick;

  function askAddress() {
    stop();
    sent = null;
    addressForm.hidden = false;
    codeForm.hidden = true;
    at("outbox").href = outbox;
  }

  function askCode(next) {
    sent = next;
    at("sent-to").textContent = next.email;
    at("reference").textContent = next.reference;
    at("outbox").href = `${outbox}?to=${encodeURIComponent(next.email)}`;
    code.value = "";
    code.inputMode = next.codeLength === 6 ? "numeric" : "text";
    over("");
    mark(code, "");
    addressForm.hidden = true;
    codeForm.hidden = false;
    countDown(next.resendIn);
  }

  /** Says that the code is over, in the place of its field, or with "" that it is not. */
  function over(text) {
    at("code-over").textContent = text;
    at("code-over").hidden = !text;
    at("code-field").hidden = at("use-code").hidden = Boolean(text);
  }

  /** Whole seconds until another code can be asked for. */
  const secondsLeft = () => Math.ceil((until - Date.now()) / 1000);

  function countDown(seconds) {
    // One more, because the server and we both count in whole ones.
    until = Date.now() + (seconds > 0 ? seconds + 1 : 0) * 1000;
    clearInterval(tick);
    const show = () => {
      const left = secondsLeft();
      wait.textContent = left > 0 ? `in ${counted(left, "second", "seconds")}` : "";
      resend.setAttribute("aria-disabled", String(left > 0));
      if (left > 0) return;
      clearInterval(tick);
      if (seconds > 0) say("Another code can be sent now.");
    };
    tick = setInterval(show, 1000);
    show();
  }

  function stop() {
    clearInterval(tick);
  }

  async function sendCode() {
    mark(email, "");
    try {
      askCode(await auth.sendOTP(email.value));
      say(`A code went to ${sent.email}.`);
      code.focus();
    } catch (error) {
      const pending = auth.pendingOTP();
      if (error.reason === "resend_too_soon" && pending) {
        // The code that was sent to this address a moment ago is still good.
        askCode(pending);
        say(error.message);
        return code.focus();
      }
      mark(email, error.message);
      email.focus();
    }
  }

  async function useCode() {
    mark(code, "");
    try {
      // The page goes on when it hears LOGIN.
      await auth.verifyOTP(sent.email, code.value);
    } catch (error) {
      if (OVER.includes(error.reason)) {
        over(error.message);
        // The next one has no wait.
        countDown(0);
        return resend.focus();
      }
      mark(code, error.message);
      code.focus();
      code.select();
    }
  }

  async function sendAgain() {
    const left = secondsLeft();
    if (left > 0) return say(`Another code can be sent in ${counted(left, "second", "seconds")}.`);
    mark(code, "");
    try {
      askCode(await auth.resend());
      say(`Another code went to ${sent.email}, in a mail marked ${sent.reference}.`);
      code.focus();
    } catch (error) {
      if (error.retryAfter) countDown(error.retryAfter);
      if (at("code-over").hidden) mark(code, error.message);
      else over(error.message);
    }
  }

  const onSubmit = (form, run) =>
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      busy(form.querySelector("button.main"), run);
    });
  onSubmit(addressForm, sendCode);
  onSubmit(codeForm, useCode);
  resend.addEventListener("click", () => busy(resend, sendAgain));
  at("other").addEventListener("click", () => {
    askAddress();
    email.value = "";
    email.focus();
  });

  return {
    /** Shows where the customer was: a page that was loaded again still waits for its code. */
    show() {
      const pending = auth.pendingOTP();
      if (pending) askCode(pending);
      else askAddress();
    },
    /** Nobody is at the door any more. */
    leave() {
      stop();
      addressForm.reset();
      codeForm.reset();
      mark(email, "");
      mark(code, "");
    },
    /** To where one would type. */
    focus: () => (sent ? code : email).focus(),
  };
}
