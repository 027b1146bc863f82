// The upload control of Streamlit does the upload; for one choice it asks for the camera instead of the files.
document.currentScript.parentElement.querySelector(".camera").onclick = () => {
  const input = document.querySelector('[data-testid="stFileUploaderDropzoneInput"]')
  if (!input) return
  const { accept, multiple } = input
  Object.assign(input, { accept: "image/*", multiple: false })
  input.setAttribute("capture", "environment")
  const restore = () => {
    Object.assign(input, { accept, multiple })
    input.removeAttribute("capture")
  }
  for (const end of ["change", "cancel"]) input.addEventListener(end, restore, { once: true })
  input.click()
}
