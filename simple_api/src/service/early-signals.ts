/** Until `run` closes gracefully; nothing is open yet. */
export function endAtOnce(): never {
  process.exit(0);
}

// Imported first, and heard before the rest is loaded: a container's first process ends on no signal by itself.
if (require.main === module) process.on('SIGTERM', endAtOnce).on('SIGINT', endAtOnce);
