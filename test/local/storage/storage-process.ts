/** `node storage-process.ts FOLDER`: runs storage until it is killed; its first line is the connection string. */
import { startStorage } from '../../../local/storage/start-storage.ts';

const storage = await startStorage({ port: 0, folder: process.argv[2] ?? '' });
process.stdout.write(`${storage.connectionString}\n`);
