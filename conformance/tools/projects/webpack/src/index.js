import { greet } from './greet.js';

import('./lazy.js').then(({ name }) => console.log(greet(name)));
