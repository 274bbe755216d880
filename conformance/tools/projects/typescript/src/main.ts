import { area, type Shape } from './shapes.js';

declare const console: { log(...values: unknown[]): void };

const shapes = [{ kind: 'circle', radius: 1 }, { kind: 'square', side: 2 }] satisfies Shape[];
console.log(shapes.map((shape) => area(shape).toFixed(2)).join(' '));
