export const greet = (name) => `hello ${name}`;
export const unused = 'not in the bundle';
