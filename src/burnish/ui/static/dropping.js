// Sends a file that is dropped onto form[data-drop], or chosen in it, and shows what comes of it in #tried.
"use strict";
(() => {
  const token = () => document.querySelector("meta[name=csrf-token]").content;

  async function send(form, file) {
    const told = document.getElementById("tried");
    told.textContent = `Asking about ${file.name} …`;
    try {
      const answer = await fetch(form.dataset.drop, {
        method: "POST", body: file,
        headers: { "content-type": "application/octet-stream", "x-csrf-token": token() },
      });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const part = page.querySelector("#result, .notice");
      told.replaceChildren(part ?? document.createTextNode("No answer came: load the page again."));
    } catch {
      told.textContent = "burnish ui cannot be reached: is it still running?";
    }
  }

  document.addEventListener("change", event => {
    const form = event.target.closest("form[data-drop]");
    if (form && event.target.files?.length) send(form, event.target.files[0]);
  });
  for (const kind of ["dragover", "drop"]) {
    document.addEventListener(kind, event => {
      const form = event.target.closest?.("form[data-drop]");
      if (!form) return;
      event.preventDefault();
      if (kind === "drop" && event.dataTransfer.files.length) send(form, event.dataTransfer.files[0]);
    });
  }
})();
