// Applies the chosen theme before anything is painted. Linked by every page, blocking, in <head>.
try {
  const theme = localStorage.getItem("chatapp.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is closed to us: the system's theme stays.
}
