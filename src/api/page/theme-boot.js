// Before the page is drawn: a theme that was chosen wins over the system's.
try {
  const theme = localStorage.getItem('windrow-theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage is forbidden here: the system's theme it is.
}
