import { describe, expect, test, vi } from 'vitest';
import { sum } from './sum';

describe('sum', () => {
  test('adds', () => expect(sum(1, 2, 3)).toBe(6));
  test('of nothing is nothing', async () => expect(await Promise.resolve(sum())).toBe(0));
  test('is called', () => {
    const spy = vi.fn(sum);
    spy(1, 2);
    expect(spy).toHaveBeenCalledWith(1, 2);
  });
});
