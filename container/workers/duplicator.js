// A child process that sends each socket it receives back as many times as requested: every copy arrives with another
// descriptor of the same socket. Then it ends. An error is ignored: its parent may have given up.
const ignore = () => {};

process.on('message', ({ count }, handle) => {
  for (let i = 0; i < count; i++) process.send({}, handle, ignore);
  // Sent last: a copy that has not arrived before this message is lost, for lack of room in the receiver.
  process.send({ sent: count }, ignore);
});
