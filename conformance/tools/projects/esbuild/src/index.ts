import { value } from './value';

enum Level { Low, High }
console.log(value satisfies number, Level[Level.High]);
