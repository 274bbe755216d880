import { used } from './parts.js';

console.log(used());
