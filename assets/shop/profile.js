// What the customer says of themselves.
import { at, busy, mark, say } from "./dom.js";

const FIELDS = ["firstName", "lastName", "displayName", "phone", "profilePhoto"];
const inputs = FIELDS.map(at);

/** Wires the form. `changed` hears the customer after a change. */
export function profile(auth, changed) {
  let shown = {};
  const form = at("profile-form");

  function show(customer) {
    // What somebody is typing here stays, though another tab saved something.
    for (const input of inputs) {
      if (input.value === (shown[input.name] ?? "")) input.value = customer[input.name] ?? "";
    }
    at("own-email").value = customer.email;
    shown = customer;
  }

  function forget() {
    shown = {};
    form.reset();
    for (const input of inputs) mark(input, "");
    at("saved").textContent = "";
  }

  async function save() {
    for (const input of inputs) mark(input, "");
    at("saved").textContent = "";
    const changes = inputs
      .map((input) => [input.name, input.value.trim() || null])
      .filter(([name, value]) => value !== (shown[name] ?? null));
    if (changes.length === 0) return told("There is nothing to save.");
    try {
      const customer = await auth.updateProfile(Object.fromEntries(changes));
      shown = customer;
      for (const input of inputs) input.value = customer[input.name] ?? "";
      changed(customer);
      told("Saved.");
    } catch (error) {
      refused(error, new Map(changes));
    }
  }

  // A refusal names its field, and nothing was changed: it stands beside what was typed.
  function refused(error, changes) {
    const input = inputs.find(({ name }) => name === error.field && changes.has(name));
    if (!input) return told(error.message);
    mark(input, error.message);
    input.focus();
  }

  function told(text) {
    at("saved").textContent = text;
    say(text);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(form.querySelector("button.main"), save);
  });
  return { show, forget };
}
