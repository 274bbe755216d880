/**
 * Compile-time check: what this package exports can stand wherever the WebContainer API's does. Nothing here exists at run time; a mismatch is
 * a type error.
 */

import type * as Original from '@webcontainer/api';
import type * as Ours from '../index';

/** `Ours` must be usable as `Theirs`. */
type Assignable<Theirs, _Ours extends Theirs> = true;
/** Private members make classes nominal: only what clients can reach is compared. */
type Public<T> = { [K in keyof T]: T[K] };
type Statics<T> = Pick<T, Exclude<keyof T, 'prototype'>>;

export type Checks = [
  Assignable<Public<Original.WebContainer>, Public<Ours.WebContainer>>,
  Assignable<Parameters<typeof Original.WebContainer.boot>, Parameters<typeof Ours.WebContainer.boot>>,
  Assignable<keyof Statics<typeof Original.WebContainer>, 'boot'>,
  Assignable<Original.WebContainerProcess, Ours.WebContainerProcess>,
  Assignable<Original.FileSystemAPI, Ours.FileSystemAPI>,
  Assignable<Original.AuthAPI, typeof Ours.auth>,
  Assignable<Original.FileSystemTree, Ours.FileSystemTree>,
  Assignable<Ours.FileSystemTree, Original.FileSystemTree>,
  Assignable<Ours.SpawnOptions, Original.SpawnOptions>,
  Assignable<Ours.BootOptions, Original.BootOptions>,
  Assignable<Ours.ExportOptions, Original.ExportOptions>,
  Assignable<typeof Original.configureAPIKey, typeof Ours.configureAPIKey>,
  Assignable<typeof Original.reloadPreview, typeof Ours.reloadPreview>,
  Assignable<`${Original.PreviewMessageType}`, `${Ours.PreviewMessageType}`>,
];
