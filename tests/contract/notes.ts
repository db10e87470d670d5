// What an adapter has read of a body: a ping, or half a character, shows nowhere else.

export class Notes {
  #read = "";
  #more = Promise.withResolvers<void>();

  /** The response, with a note taken of each piece that is read. */
  taken(response: Response): Response {
    const noting = new TransformStream<Uint8Array, Uint8Array>({
      transform: (piece, controller) => {
        controller.enqueue(piece);
        this.#read += new TextDecoder().decode(piece);
        this.#more.resolve();
        this.#more = Promise.withResolvers();
      },
    });
    return new Response(response.body!.pipeThrough(noting), response);
  }

  /** Resolves when `text` has been read, and what follows from that has been done. */
  async include(text: string): Promise<void> {
    while (!this.#read.includes(text)) await this.#more.promise;
    await new Promise((resolve) => setTimeout(resolve, 0)); // one turn of the loop: its reader has it
  }
}
