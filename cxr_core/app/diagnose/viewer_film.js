// One film in the browser: its picture as the model read it, and, once they were asked for, all its values.
const bitmaps = new Map() // decoded pictures by film, the last ones
const KEPT_BITMAPS = 6
let words = {} // what the viewer says, in the session's language

function say(name, values = {}) {
  return Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, () => value), words[name] ?? name)
}

function oneDecimal(value) {
  return value.toLocaleString(words.language, { minimumFractionDigits: 1, maximumFractionDigits: 1, useGrouping: false })
}

class Film {
  constructor(data, changed) {
    this.changed = changed
    this.reset()
    this.update(data)
  }

  update(data) {
    const { film, name, width, height, millimetres, at_detector } = data
    Object.assign(this, { key: film, name, width, height, millimetres, at_detector })
    if (!this.picture && !(this.picture = bitmaps.get(film))) this.decode(data.picture)
    if (data.values && !this.values) this.take(data.values)
  }

  // The orientation, the grey scale and the window that the reader chose; no window is the one the model read.
  reset() {
    Object.assign(this, { turns: 0, mirrored: false, inverted: false, window: null, preset: "own", waiting: [], ruler: null })
  }

  async decode(link) {
    this.picture = await pictureOf(this.key, link)
    this.changed()
  }

  async take(data) {
    const [planes, curve] = await Promise.all([inflated(data.data), inflated(data.curve)])
    const { width, height, slope, intercept, bits, own, presets } = data
    const grey = new Uint16Array(width * height)
    for (let row = 0, i = 0; row < height; row++)
      for (let column = 0, value = 0; column < width; column++, i++)
        grey[i] = value = (value + ((planes[i] << 8) | planes[i + grey.length])) & 0xffff
    this.values = { width, height, slope, intercept, bits, grey, curve, presets: { ...presets, own } }
    for (const action of this.waiting.splice(0)) action()
    this.changed()
  }

  get range() {
    return this.values ? this.values.curve.length - 1 : 255
  }

  // Black and white, as values; the window that comes nearest to what the model read where none was chosen.
  get shown() {
    return this.window ?? this.values?.presets.own ?? [0, 255]
  }

  setWindow(low, high, preset = "") {
    const width = Math.min(1.2 * this.range, Math.max(2, high - low))
    const level = Math.min(this.range, Math.max(0, (low + high) / 2))
    this.window = preset === "own" ? null : [level - width / 2, level + width / 2]
    this.preset = preset
    this.changed()
  }

  // What is drawn: the picture as the model read it, or the values through the window.
  image() {
    if (!this.window || !this.values) return this.picture
    const { values, window } = this
    if (this.developed?.window === window) return this.developed.canvas
    const [low, high] = window
    const table = Uint8Array.from({ length: this.range + 1 }, (_, value) =>
      Math.min(255, Math.max(0, (255 * (value - low)) / (high - low))))
    const canvas = this.developed?.canvas ?? canvasOf(values.width, values.height)
    const context = canvas.getContext("2d")
    const pixels = context.createImageData(values.width, values.height)
    const words = new Uint32Array(pixels.data.buffer)
    for (let i = 0; i < words.length; i++) words[i] = 0xff000000 | (table[values.grey[i]] * 0x010101)
    context.putImageData(pixels, 0, 0)
    this.developed = { window, canvas }
    return canvas
  }

  // In words: the window in the file's own units, and what else differs from the film as it was read.
  state() {
    const parts = []
    if (this.waiting.length) parts.push(say("values"))
    if (this.window && this.values) {
      const { slope, intercept, bits } = this.values
      const [low, high] = this.window.map(value => intercept + slope * value)
      const round = value => String(Math.round(value))
      const window = { width: round(Math.abs(high - low)), level: round((low + high) / 2), bits }
      parts.push(this.preset ? say("named", { name: say(this.preset), ...window }) : say("window", window))
    }
    if (this.inverted) parts.push(say("inverted"))
    if (this.turns) parts.push(say("rotated", { degrees: this.turns * 90 }))
    if (this.mirrored) parts.push(say("mirrored"))
    if (this.ruler) parts.push(this.length())
    return parts
  }

  length() {
    const [[x1, y1], [x2, y2]] = this.ruler
    const pixels = Math.hypot((x2 - x1) * this.width, (y2 - y1) * this.height)
    if (!this.millimetres) return say("pixels", { length: Math.round(pixels) })
    const length = oneDecimal(pixels * this.millimetres)
    return say(this.at_detector ? "detector" : "millimetres", { length })
  }
}

async function pictureOf(key, link) {
  if (!bitmaps.has(key)) {
    const picture = new Image()
    picture.src = link
    await picture.decode()
    bitmaps.set(key, picture)
    if (bitmaps.size > KEPT_BITMAPS) bitmaps.delete(bitmaps.keys().next().value)
  }
  return bitmaps.get(key)
}

async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0))
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

function canvasOf(width, height) {
  const canvas = document.createElement("canvas")
  canvas.width = width
  canvas.height = height
  return canvas
}

