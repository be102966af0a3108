"""The service manager's end of NOTIFY_SOCKET: prints each datagram as a line of JSON, with who the kernel says has sent it."""
import json, socket, struct, sys, time

name = sys.argv[1]
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
manager.bind("\0" + name[1:] if name.startswith("@") else name)
print("{}", flush=True)
while True:
    text, credentials, _, _ = manager.recvmsg(4096, 256)
    at_ms = time.clock_gettime(time.CLOCK_MONOTONIC) * 1000
    pid = struct.unpack("iii", credentials[0][2])[0]
    print(json.dumps({"at_ms": at_ms, "pid": pid, "text": text.decode()}), flush=True)
