// Before the first paint: the person's choice, else the system's.
document.documentElement.dataset.theme =
  localStorage.getItem("capstan-theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
