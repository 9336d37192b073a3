// The first message of a session, in the three generations of GenVM that are in use.
import { encode, type Encodable } from './calldata.js';

/** a: GenVM 0.1 (2025); b: GenVM 0.2 (2026); c: newest (from August 2026). */
export type Generation = 'a' | 'b' | 'c';
export type HostData = { readonly [key: string]: Encodable };

export interface HelloC {
  genvmId: number | bigint;
  role?: 'leader' | 'validator';
  hostData?: HostData;
  gasData?: { readonly [key: string]: string };
  initialTimeUnitsAllocation?: number | bigint;
}

/** Made by Hello.a, Hello.b or Hello.c. Scripts of the operator get every field. */
export class Hello {
  /** CalldataError for a field that calldata cannot carry. */
  readonly encoded: Uint8Array;

  constructor(
    readonly generation: Generation,
    readonly fields: HostData,
  ) {
    this.encoded = encode(fields);
  }

  /** With the field `token`, unless it is empty. */
  encodedWith(token: string): Uint8Array {
    return token === '' ? this.encoded : encode({ ...this.fields, token });
  }

  static a(cookie: string, hostData: HostData = {}): Hello {
    return new Hello('a', { cookie, host_data: hostData });
  }

  static b(genvmId: number | bigint, hostData: HostData = {}): Hello {
    return new Hello('b', { genvm_id: genvmId, host_data: hostData });
  }

  static c(options: HelloC): Hello {
    const { genvmId, role = 'validator', hostData = {}, gasData = {}, initialTimeUnitsAllocation = 0 } = options;
    if (role !== 'leader' && role !== 'validator') throw new RangeError(`role is "leader" or "validator", not ${String(role)}`);
    return new Hello('c', {
      genvm_id: genvmId,
      role,
      host_data: hostData,
      gas_data: gasData,
      initial_time_units_allocation: initialTimeUnitsAllocation,
    });
  }
}
