import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Pair {
  readonly key: string;
  readonly cert: string;
}

/** Who a certificate is for (OpenSSL's words, `DNS:localhost`) and when it holds (`20240101000000Z`). */
interface Wanted {
  readonly names: readonly string[];
  readonly from?: string;
  readonly to?: string;
}

/** A program of the machine, not of this project. */
const openssl = "openssl";

const config = `[ca]
default_ca=authority
[authority]
database=index.txt
serial=serial
new_certs_dir=.
default_md=sha256
default_days=60
policy=any
unique_subject=no
[any]
commonName=supplied
`;

/** A certificate authority in a temporary folder, made by the openssl program. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), "authority-"));
  #issued = 0;
  /** Path of the authority's own certificate. */
  readonly file = join(this.#folder, "ca.pem");

  constructor() {
    writeFileSync(join(this.#folder, "ca.cnf"), config);
    writeFileSync(join(this.#folder, "index.txt"), "");
    writeFileSync(join(this.#folder, "serial"), "01\n");
    this.#key("ca.key");
    this.#openssl(
      "req",
      "-x509",
      "-new",
      "-key",
      "ca.key",
      "-subj",
      "/CN=Test Authority",
      "-days",
      "90",
      "-out",
      "ca.pem",
    );
  }

  get pem(): string {
    return readFileSync(this.file, "utf8");
  }

  issue({ names, from, to }: Wanted): Pair {
    const name = `leaf${++this.#issued}`;
    writeFileSync(join(this.#folder, `${name}.ext`), `subjectAltName=${names.join(",")}\n`);
    this.#key(`${name}.key`);
    this.#openssl("req", "-new", "-key", `${name}.key`, "-subj", "/CN=leaf.example", "-out", `${name}.csr`);
    const dates = [...(from ? ["-startdate", from] : []), ...(to ? ["-enddate", to] : [])];
    const files = ["-cert", "ca.pem", "-keyfile", "ca.key", "-in", `${name}.csr`, "-out", `${name}.pem`];
    this.#openssl(
      "ca",
      "-batch",
      "-notext",
      "-config",
      "ca.cnf",
      ...files,
      "-extfile",
      `${name}.ext`,
      ...dates,
    );
    return this.#pair(name);
  }

  selfSigned(): Pair {
    this.#key("self.key");
    const name = ["-subj", "/CN=self.example", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    this.#openssl("req", "-x509", "-new", "-key", "self.key", ...name, "-days", "60", "-out", "self.pem");
    return this.#pair("self");
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #pair(name: string): Pair {
    const read = (end: string) => readFileSync(join(this.#folder, `${name}.${end}`), "utf8");
    return { key: read("key"), cert: read("pem") };
  }

  #key(file: string): void {
    this.#openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file);
  }

  #openssl(...args: string[]): void {
    execFileSync(openssl, args, { cwd: this.#folder, stdio: "pipe" });
  }
}
