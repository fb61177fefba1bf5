{# Sends a whole code that comes in one go, pasted or filled in: once, and as if the button had been pressed. What is typed
   character by character is left to the person, who may still mend it. What the server would understand and this does
   not is left to the button. -#}
{
const code = document.getElementById("code"), hint = document.getElementById("at-once");
const letters = code.className === "eight";
const isWhole = (text) => {
if (text.length > 1024) return false;
const plain = text.normalize("NFKC").replace(/\p{Cf}/gu, ""), alone = plain.replace(/[\s\p{P}\u2212\u30fc]/gu, "");
if (letters ? /^[0-9A-TV-Z]{8}$/i.test(alone) : /^\p{Nd}{6}$/u.test(alone)) return true;
const runs = plain.match(letters ? /[\p{L}\p{N}]+/gu : /[0-9]+/g) || [];
return runs.filter((run) => letters ? /^[0-9A-HJKMNP-TV-Z]{8}$/.test(run) : run.length === 6).length === 1;
};
let before = code.value.length, sent = false;
code.form.addEventListener("submit", () => { sent = true; });
code.addEventListener("input", ({ inputType: how = "" }) => {
const grown = code.value.length - before;
before = code.value.length;
const inOneGo = how === "" || /^insert(From|Replacement)/.test(how) || (/^insert/.test(how) && grown > 1);
if (inOneGo && !sent && isWhole(code.value)) code.form.querySelector("button").click();
});
hint.hidden = false;
code.setAttribute("aria-describedby", `${code.getAttribute("aria-describedby")} at-once`);
}
