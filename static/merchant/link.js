// Copies a link; and in the form that sends one, shows what the chosen way reads, and keeps an untouched text in the
// chosen language. Without it the address can be selected, every field stands there, and a button takes the text.

const write = async (text) => {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const box = document.createElement("textarea"); // an address that is no secure one has no clipboard
  box.value = text;
  document.body.append(box);
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  if (!copied) throw new Error("not copied");
};

for (const button of document.querySelectorAll("[data-copy]")) {
  const from = button.dataset.copy;
  const words = button.textContent;
  const heard = document.createElement("span");
  heard.setAttribute("role", "status");
  heard.className = "g-unseen";
  button.after(heard);
  button.hidden = false;
  button.addEventListener("click", async () => {
    const shown = from.startsWith("#") ? document.querySelector(from) : null;
    try {
      await write(shown ? shown.textContent.trim() : from);
      button.textContent = heard.textContent = button.dataset.done;
    } catch {
      if (shown) getSelection().selectAllChildren(shown); // to be copied by hand
      return;
    }
    setTimeout(() => { button.textContent = words; heard.textContent = ""; }, 2000);
  });
}

for (const form of document.querySelectorAll("form[data-link]")) {
  const { needs, some, texts } = JSON.parse(document.getElementById("link-form").textContent);
  const { language, words, subject, text } = form.elements;
  const plain = (value) => value.replaceAll("\r\n", "\n").trim();
  const known = () => Object.values(texts).flatMap((named) => Object.values(named));
  const untouched = () => !plain(text.value) || known().some(([, body]) => plain(body) === plain(text.value));
  const take = () => {
    if (untouched()) [subject.value, text.value] = texts[language.value][words.value];
  };
  const draw = () => {
    const read = needs[form.querySelector("input[name=way]:checked")?.value] ?? some;
    for (const part of form.querySelectorAll("[data-field]")) part.hidden = !read.includes(part.dataset.field);
  };
  form.classList.add("g-scripted");
  form.addEventListener("change", (event) => {
    const short = event.target.name === "way" && event.target.value.endsWith(":sms");
    if (short && untouched()) words.value = "short";
    if (short || event.target === language || event.target === words) take();
    draw();
  });
  window.addEventListener("pageshow", draw);
  draw();
}
