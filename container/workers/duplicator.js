// Gives every socket back that it is sent, as often as it is told: what arrives is another descriptor of the same
// socket. Run as a child process, which ends then. Whoever asked may have given up.
const ignore = () => {};

process.on('message', ({ count }, handle) => {
  for (let i = 0; i < count; i++) process.send({}, handle, ignore);
  // Behind them: what has not arrived by now never will, since there is no room for it.
  process.send({ sent: count }, ignore);
});
