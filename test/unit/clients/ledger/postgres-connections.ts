import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** What a proxy does with what one side has sent. */
export type Door = (bytes: Buffer, sides: { client: Socket; server: Socket; forward: () => void }) => void;

/** A network between the tool and its database, in which what the tool sends meets a door. Answers its port. */
export async function proxy(port: number, door: Door): Promise<number> {
  const open = new Set<Socket>();
  const proxied = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    for (const side of [client, server]) {
      open.add(side);
      side.on("error", () => {});
      side.on("close", () => (client.destroy(), server.destroy()));
    }
    client.on("data", (bytes) => door(bytes, { client, server, forward: () => void server.write(bytes) }));
    server.on("data", (bytes) => client.write(bytes));
  });
  await new Promise<void>((resolve) => proxied.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const side of open) side.destroy();
    await new Promise((resolve) => proxied.close(resolve));
  });
  return (proxied.address() as { port: number }).port;
}
