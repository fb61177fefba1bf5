// Times of the reader's own clock, codes to copy, and mails that come while the page is open. Nothing is loaded anew: what
// is new is put before the rest and said politely, and neither focus nor scrolling moves.
(() => {
  const EVERY = 2000;
  const at = (id) => document.getElementById(id);
  const [list, pause] = [at("mails"), at("pause")];
  let paused = false;

  function say(text) {
    if (at("news").textContent !== text) at("news").textContent = text;
  }

  function dress(part) {
    for (const time of part.querySelectorAll("time")) {
      const sent = new Date(time.dateTime);
      const today = sent.toDateString() === new Date().toDateString();
      time.textContent = today ? sent.toLocaleTimeString() : sent.toLocaleString();
    }
    for (const button of part.querySelectorAll(".take")) {
      button.hidden = !navigator.clipboard;
      button.addEventListener("click", () => copy(button.dataset.code));
    }
  }

  async function copy(code) {
    try {
      await navigator.clipboard.writeText(code);
      say(`${code} is copied.`);
    } catch {
      say(`The browser does not let this page copy. The code is ${code}.`);
    }
  }

  async function look() {
    const answer = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const rows = [...page.querySelectorAll("#mails > li")].filter((row) => !at(row.id));
    const [newest] = rows;
    for (const row of rows.reverse()) {
      dress(row);
      list.prepend(document.adoptNode(row));
    }
    at("none").hidden = list.children.length > 0;
    if (!newest) return;
    const code = [...newest.querySelector(".code").textContent].join(" ");
    say(`New mail to ${newest.querySelector(".to").textContent}: ${code}`);
  }

  async function watch() {
    if (!paused && !document.hidden) {
      try {
        await look();
      } catch {
        say("The server does not answer. This page goes on asking.");
      }
    }
    setTimeout(watch, EVERY);
  }

  dress(document);
  if (!list) return;
  pause.hidden = false;
  at("again").hidden = true;
  say("Watching for new mails.");
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? "Go on" : "Pause";
    say(paused ? "Paused." : "Watching for new mails.");
  });
  setTimeout(watch, EVERY);
})();
