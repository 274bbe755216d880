/** `internalBinding('uv')`: error numbers, names and texts. */

import type { Environment } from '../environment';
import { UV_ERRORS, uvErrorName, uvErrorText } from '../uv-errors';

export function create(_env: Environment): Record<string, unknown> {
  const binding: Record<string, unknown> = {
    errname: uvErrorName,
    getErrorMessage: uvErrorText,
    getErrorMap: () => new Map(UV_ERRORS.map(([number, name, text]) => [number, [name, text]])),
  };
  for (const [number, name] of UV_ERRORS) binding[`UV_${name}`] = number;
  return binding;
}
