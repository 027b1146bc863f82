// One viewer for each element. Its settings outlast the server's script runs: the heatmap's opacity for all films; zoom,
// window, level and invert until another film is shown.
const viewers = new WeakMap()
const heat = { opacity: 0.5, shown: 0.5 } // for all films; `shown` is the opacity that H restores
const INFERNO = [[0, 0, 4], [66, 10, 104], [147, 38, 103], [221, 81, 58], [252, 165, 10], [252, 255, 164]]
const MAX_ZOOM = 8

class Viewer {
  constructor(root) {
    const one = name => root.querySelector("." + name)
    this.root = one("viewer")
    this.canvas = one("film")
    this.inputs = { opacity: one("opacity"), window: one("window"), level: one("level") }
    this.buttons = { invert: one("invert"), out: one("out"), in: one("in"), reset: one("reset"), full: one("full") }
    this.heatControls = [one("heat"), one("legend")]
    this.readout = one("readout")
    this.pointers = new Map()
    this.actions = {
      "+": () => this.zoomBy(1.25), "=": () => this.zoomBy(1.25), "-": () => this.zoomBy(0.8),
      0: () => this.reset(), i: () => this.invert(), f: () => this.fullScreen(),
      h: () => this.setOpacity(heat.opacity ? 0 : heat.shown),
      "[": () => this.setWindow(this.width - 12, this.level), "]": () => this.setWindow(this.width + 12, this.level),
      ",": () => this.setWindow(this.width, this.level - 6), ".": () => this.setWindow(this.width, this.level + 6),
    }
    this.inputs.opacity.value = heat.opacity * 100
    this.listen()
  }

  listen() {
    const { inputs, buttons, canvas } = this
    inputs.opacity.oninput = () => this.setOpacity(inputs.opacity.value / 100)
    inputs.window.oninput = inputs.level.oninput = () => this.setWindow(+inputs.window.value, +inputs.level.value)
    buttons.invert.onclick = () => this.invert()
    buttons.in.onclick = () => this.zoomBy(1.25)
    buttons.out.onclick = () => this.zoomBy(0.8)
    buttons.reset.onclick = () => this.reset()
    buttons.full.onclick = () => this.fullScreen()
    canvas.onkeydown = event => this.pan(event)
    canvas.ondblclick = event => (this.zoom > 1 ? this.reset() : this.zoomBy(2, event.offsetX, event.offsetY))
    canvas.onwheel = event => {
      if (!canvas.matches(":focus") && !event.ctrlKey) return // so that the wheel scrolls the page past the film
      event.preventDefault()
      this.zoomBy(event.deltaY < 0 ? 1.15 : 1 / 1.15, event.offsetX, event.offsetY)
    }
    canvas.onpointerdown = event => {
      canvas.setPointerCapture(event.pointerId)
      this.pointers.set(event.pointerId, event)
    }
    canvas.onpointerup = canvas.onpointercancel = event => this.pointers.delete(event.pointerId)
    canvas.onpointermove = event => this.drag(event)
    this.onKey = event => this.key(event)
    document.addEventListener("keydown", this.onKey)
    this.resized = new ResizeObserver(() => this.draw())
    this.resized.observe(canvas)
  }

  stop() {
    document.removeEventListener("keydown", this.onKey)
    this.resized.disconnect()
  }

  show(data) {
    this.canvas.setAttribute("aria-label", data.alt)
    this.heat = data.heat ? colours(data.heat) : null
    this.outline = data.heat?.outline ?? []
    for (const element of this.heatControls) element.hidden = !this.heat
    if (this.film === data.film) return this.draw()
    this.film = data.film
    this.reset()
    const image = new Image()
    image.onload = () => {
      if (this.film === data.film) this.load(image)
    }
    image.src = data.picture
  }

  load(image) {
    this.source = canvasOf(image.naturalWidth, image.naturalHeight)
    const context = this.source.getContext("2d", { willReadFrequently: true })
    context.drawImage(image, 0, 0)
    const pixels = context.getImageData(0, 0, image.naturalWidth, image.naturalHeight)
    this.grey = Uint8Array.from({ length: pixels.data.length / 4 }, (_, i) => pixels.data[4 * i])
    this.pixels = pixels
    this.develop()
  }

  // Window and level: grey values from level - window/2 to level + window/2 are stretched to the range of the screen.
  develop() {
    if (!this.pixels) return
    const table = Uint8Array.from({ length: 256 }, (_, value) => {
      const grey = Math.min(1, Math.max(0, (value - this.level) / this.width + 0.5)) * 255
      return this.inverted ? 255 - grey : grey
    })
    const { grey, pixels } = this
    const words = new Uint32Array(pixels.data.buffer)
    for (let i = 0; i < grey.length; i++) words[i] = 0xff000000 | (table[grey[i]] * 0x010101)
    this.source.getContext("2d").putImageData(pixels, 0, 0)
    this.draw()
  }

  draw() {
    const { canvas, source } = this
    const density = window.devicePixelRatio || 1
    const [width, height] = [canvas.clientWidth, canvas.clientHeight]
    if (!source || !width) return
    canvas.width = width * density
    canvas.height = height * density
    const fit = Math.min(width / source.width, height / source.height) * this.zoom
    const [w, h] = [source.width * fit, source.height * fit]
    const room = (size, space) => Math.max(0, (size - space) / 2)
    this.x = Math.min(room(w, width), Math.max(-room(w, width), this.x))
    this.y = Math.min(room(h, height), Math.max(-room(h, height), this.y))
    const context = canvas.getContext("2d")
    context.scale(density, density)
    context.imageSmoothingQuality = "high"
    const box = [(width - w) / 2 + this.x, (height - h) / 2 + this.y, w, h]
    context.drawImage(source, ...box)
    if (this.heat && heat.opacity) {
      context.globalAlpha = heat.opacity
      context.drawImage(this.heat, ...box)
      context.globalAlpha = 1
      stroke(context, this.outline, box)
    }
    canvas.classList.toggle("zoomed", this.zoom > 1)
    const windowed = this.width < 255 || this.level !== 128 ? `window ${this.width}, level ${this.level}` : ""
    const parts = [this.zoom > 1 ? `${this.zoom.toFixed(1)} x` : "", windowed, this.inverted ? "inverted" : ""]
    this.readout.textContent = parts.filter(Boolean).join(" · ")
    canvas.dataset.film = this.film // the film that is drawn, for tests and screen capture
  }

  reset() {
    this.zoom = 1
    this.x = this.y = 0
    this.inverted = false
    this.setWindow(255, 128)
  }

  setWindow(width, level) {
    this.width = Math.min(255, Math.max(10, width))
    this.level = Math.min(255, Math.max(0, level))
    this.inputs.window.value = this.width
    this.inputs.level.value = this.level
    this.buttons.invert.setAttribute("aria-pressed", String(this.inverted))
    this.develop()
  }

  invert() {
    this.inverted = !this.inverted
    this.setWindow(this.width, this.level)
  }

  setOpacity(opacity) {
    heat.opacity = opacity
    if (opacity) heat.shown = opacity
    this.inputs.opacity.value = Math.round(opacity * 100)
    this.draw()
  }

  // Zooms about a point of the canvas, which keeps its position; the centre if none is given.
  zoomBy(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const zoom = Math.min(MAX_ZOOM, Math.max(1, this.zoom * factor))
    const [fromX, fromY] = [x - this.canvas.clientWidth / 2, y - this.canvas.clientHeight / 2]
    this.x = fromX - (fromX - this.x) * (zoom / this.zoom)
    this.y = fromY - (fromY - this.y) * (zoom / this.zoom)
    this.zoom = zoom
    this.draw()
  }

  drag(event) {
    const before = this.pointers.get(event.pointerId)
    if (!before) return
    const others = [...this.pointers.values()].filter(other => other.pointerId !== event.pointerId)
    this.pointers.set(event.pointerId, event)
    const [dx, dy] = [event.offsetX - before.offsetX, event.offsetY - before.offsetY]
    if (others.length) {
      const apart = from => Math.hypot(from.offsetX - others[0].offsetX, from.offsetY - others[0].offsetY)
      this.zoomBy(apart(event) / Math.max(1, apart(before)), others[0].offsetX, others[0].offsetY)
    } else if (event.shiftKey) {
      this.setWindow(this.width + Math.round(dx), this.level + Math.round(dy))
    } else if (this.zoom > 1) {
      this.x += dx
      this.y += dy
      this.draw()
    }
  }

  pan(event) {
    const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key]
    if (!step || this.zoom === 1) return
    event.preventDefault()
    this.x += step[0]
    this.y += step[1]
    this.draw()
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen()
    else this.root.requestFullscreen?.()
  }

  key(event) {
    const typing = event.composedPath()[0]
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (typing.isContentEditable || (typing.matches?.("input, textarea, select") && typing.type !== "range")) return
    const action = this.actions[event.key.toLowerCase()]
    if (!action) return
    event.preventDefault()
    action()
  }
}

// Closed lines, in parts of the film's sides, dark under light so that they show on any grey.
function stroke(context, lines, [x, y, w, h]) {
  context.beginPath()
  for (const line of lines) {
    line.forEach(([across, down], i) => context[i ? "lineTo" : "moveTo"](x + across * w, y + down * h))
    context.closePath()
  }
  for (const [style, width] of [["black", 3], ["#ffd23f", 1.5]]) {
    context.strokeStyle = style
    context.lineWidth = width
    context.stroke()
  }
}

// The heatmap as a small image, transparent where it is low; the browser smooths it when it is enlarged.
function colours({ width, height, values }) {
  const map = Uint8Array.from(atob(values), letter => letter.charCodeAt(0))
  const canvas = canvasOf(width, height)
  const context = canvas.getContext("2d")
  const picture = context.createImageData(width, height)
  map.forEach((value, i) => {
    const place = (value / 255) * (INFERNO.length - 1)
    const [from, to] = [INFERNO[Math.floor(place)], INFERNO[Math.ceil(place)]]
    for (let c = 0; c < 3; c++) picture.data[4 * i + c] = from[c] + (to[c] - from[c]) * (place % 1)
    picture.data[4 * i + 3] = value
  })
  context.putImageData(picture, 0, 0)
  return canvas
}

function canvasOf(width, height) {
  const canvas = document.createElement("canvas")
  canvas.width = width
  canvas.height = height
  return canvas
}

function draw({ data, parentElement }) {
  let viewer = viewers.get(parentElement)
  if (!viewer) viewers.set(parentElement, (viewer = new Viewer(parentElement)))
  viewer.show(data)
  return () => {
    viewer.stop()
    viewers.delete(parentElement)
  }
}
