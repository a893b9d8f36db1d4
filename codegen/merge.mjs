// Makes one tree of parameters of the trees of all majors.
//
// A field's `versions` has a bit for each major that has it (bit 0 is major 14). It is kept relative to
// what the field is in: ALL where it exists whenever its parent does, so that equal shapes stay equal.
// Where majors disagree on the type, the newest that has the field wins, unless it turned a plain value
// into a hash: then either is good.

export const FIRST_MAJOR = 14;
export const LAST_MAJOR = 23;
export const ALL = (1 << (LAST_MAJOR - FIRST_MAJOR + 1)) - 1;

export const bit = (major) => 1 << (major - FIRST_MAJOR);

/** Copies a shape of one major, every field and enum value marked with its bit. */
export function marked(shape, mask) {
  return {
    fields: shape.fields.map((field) => ({
      ...field,
      kind: markedKind(field.kind, mask),
      versions: mask,
      required: field.optional ? 0 : mask,
    })),
  };
}

function markedKind(kind, mask) {
  switch (kind.is) {
    case "object":
      return { is: "object", shape: marked(kind.shape, mask) };
    case "list":
    case "map":
      return { is: kind.is, of: markedKind(kind.of, mask) };
    case "union":
      return { is: "union", of: kind.of.map((each) => markedKind(each, mask)) };
    case "enum":
      return { is: "enum", open: kind.open, values: kind.values.map((value) => ({ value, versions: mask })) };
    default:
      return kind;
  }
}

/** Adds an older major's shape to a newer one's, in place. */
export function addOlder(shape, older) {
  for (const field of older.fields) {
    const known = shape.fields.find((each) => each.name === field.name);
    if (!known) {
      shape.fields.push(field);
      continue;
    }
    known.versions |= field.versions;
    known.required |= field.required;
    known.emptyable ||= field.emptyable;
    known.kind = withOlderKind(known.kind, field.kind);
  }
}

/** A hash that once was a plain value (or the reverse) is either; all else stays as the newest has it. */
function withOlderKind(kind, older) {
  const isHash = (each) => each.is === "object";
  const parts = older.is === "union" ? older.of : [older];
  if (kind.is !== "union" && isHash(kind) !== isHash(older) && !parts.some(isHash)) {
    return { is: "union", of: [kind, ...parts] };
  }
  addOlderKind(kind, older);
  return kind;
}

function addOlderKind(kind, older) {
  if (kind.is === "union") {
    const olders = older.is === "union" ? older.of : [older];
    for (const each of olders) {
      const same = kind.of.find((part) => part.is === each.is);
      if (same) addOlderKind(same, each);
    }
    return;
  }
  if (older.is === "union") {
    const same = older.of.find((part) => part.is === kind.is);
    if (same) addOlderKind(kind, same);
    return;
  }
  if (kind.is !== older.is) return;
  if (kind.is === "object") addOlder(kind.shape, older.shape);
  if (kind.is === "list" || kind.is === "map") addOlderKind(kind.of, older.of);
  if (kind.is === "enum") {
    kind.open ||= older.open;
    for (const { value, versions } of older.values) {
      const known = kind.values.find((each) => each.value === value);
      if (known) known.versions |= versions;
      else kind.values.push({ value, versions });
    }
  }
}

/** Makes the masks of a merged tree relative to what each thing is in, and settles `optional`. */
export function relative(shape, parent) {
  for (const field of shape.fields) {
    const own = field.versions;
    field.optional = !newestRequires(field);
    relativeKind(field.kind, own);
    field.versions = own === parent ? ALL : own;
    delete field.required;
  }
}

/** Whether the newest major that has the field demands it. */
function newestRequires(field) {
  const newest = 31 - Math.clz32(field.versions);
  return (field.required & (1 << newest)) !== 0;
}

function relativeKind(kind, parent) {
  if (kind.is === "object") relative(kind.shape, parent);
  if (kind.is === "list" || kind.is === "map") relativeKind(kind.of, parent);
  if (kind.is === "union") kind.of.forEach((each) => relativeKind(each, parent));
  if (kind.is === "enum") {
    for (const each of kind.values) if (each.versions === parent) each.versions = ALL;
  }
}
