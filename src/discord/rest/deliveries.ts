import { Delivery } from '../../lib/delivery.ts';

/** Past it the oldest is forgotten: it may then be made twice. */
const MOST = 200;

/** Messages that were sent and not confirmed, by what they are about, for those who try again much later. */
export class Deliveries {
  readonly #open = new Map<string, Delivery>();

  /** Calls `post` with the delivery of this key; the next call with the key goes on with it unless this one succeeded. */
  async deliver<T>(key: string | undefined, post: (delivery: Delivery) => Promise<T>): Promise<T> {
    const delivery = (key !== undefined && this.#open.get(key)) || new Delivery();
    const made = await post(delivery).catch((error: unknown) => {
      if (key !== undefined && delivery.doubtful) this.#keep(key, delivery);
      throw error;
    });
    if (key !== undefined) this.#open.delete(key);
    return made;
  }

  #keep(key: string, delivery: Delivery): void {
    this.#open.set(key, delivery);
    if (this.#open.size > MOST) this.#open.delete(this.#open.keys().next().value as string);
  }
}
