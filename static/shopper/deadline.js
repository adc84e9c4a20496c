// Says how much time is left, in minutes; aloud only at five and at one. "I need more time" leaves the page standing,
// so that nothing typed into it is lost.
"use strict";

(() => {
  const spoken = new Set();

  let drawn = performance.now();

  const tell = () => {
    const box = document.getElementById("deadline");
    // Counted from what the server said when it drew the page: the clock of this device may be wrong.
    const seconds = box.dataset.seconds - (performance.now() - drawn) / 1000;
    const minutes = Math.floor(seconds / 60);
    if (seconds <= 0) {
      location.replace(location.pathname);
      return;
    }
    const { last, one, left } = box.dataset;
    const text = minutes < 1 ? last : minutes === 1 ? one : left.replace("{n}", String(minutes));
    box.querySelector("[data-countdown]").textContent = minutes < 60 ? `(${text})` : "";
    for (const mark of [5, 1]) {
      if (seconds <= mark * 60 && seconds > (mark - 1) * 60 && !spoken.has(mark)) {
        spoken.add(mark);
        box.querySelector("[data-spoken]").textContent = text;
      }
    }
    box.classList.toggle("soon", minutes < 5);
    setTimeout(tell, 5000);
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-extend]");
    if (!form) return;
    event.preventDefault();
    try {
      const answer = await fetch(form.action, { method: "POST", cache: "no-store" });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const [now, then] = [document.getElementById("deadline"), fresh.getElementById("deadline")];
      if (answer.ok && then) {
        now.replaceWith(document.adoptNode(then));
        drawn = performance.now();
        spoken.clear();
        then.querySelector("[data-spoken]").textContent = then.querySelector("p").textContent;
        then.querySelector("button")?.focus();
        return;
      }
    } catch {
      // The plain way below says what is wrong.
    }
    form.submit();
  });

  tell();
})();
