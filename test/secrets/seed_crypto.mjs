// The stored-secret format, written once more with Node's own crypto, so that two independent
// implementations can be held against each other.
//
//   node seed_crypto.mjs encrypt|decrypt < requests > answers
//
// One JSON string per line in both directions. The secret comes in the environment variable
// SEED_CRYPTO_SECRET.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

const secret = process.env.SEED_CRYPTO_SECRET;
const key = new Uint8Array(
  hkdfSync("sha256", secret, "mosaic.crypto.v1", "mosaic-db-secret-encryption", 32),
);

const operations = {
  encrypt(plaintext) {
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", key, iv);
    const parts = [iv, cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()];
    return "enc:" + Buffer.concat(parts).toString("base64");
  },
  decrypt(stored) {
    const bytes = Buffer.from(stored.slice("enc:".length), "base64");
    const iv = bytes.subarray(0, 12);
    const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: 16 });
    decipher.setAuthTag(bytes.subarray(-16));
    return decipher.update(bytes.subarray(12, -16), undefined, "utf8") + decipher.final("utf8");
  },
};

const operation = operations[process.argv[2]];
const requests = readFileSync(0, "utf8").split("\n").filter((line) => line !== "");
const answers = requests.map((line) => JSON.stringify(operation(JSON.parse(line))) + "\n");
process.stdout.write(answers.join(""));
