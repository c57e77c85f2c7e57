/**
 * Makes the use of anything that is not emulated an error that names it, where the real object would have worked: a missing
 * member must not read as undefined.
 */
export function guarded<Target extends object>(name: string, target: Target): Target {
  return new Proxy(target, {
    get(object, key) {
      if (typeof key === 'string' && key !== 'then' && !(key in object)) {
        throw new Error(`electron-host does not emulate ${name}.${key}.`)
      }
      const value: unknown = Reflect.get(object, key, object)
      return typeof value === 'function' && !isClass(value) ? value.bind(object) : value
    },
  })
}

function isClass(value: object): boolean {
  return Function.prototype.toString.call(value).startsWith('class')
}
