import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A JSON API on the JDK only, for an app that renders in the browser. All instances share the files of sessions. */
public class Server {
    private static final Path FOLDER = Paths.get(System.getenv("HOST_DIR"));
    private static final String BROKEN = System.getenv("BROKEN");
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Pattern COOKIE = Pattern.compile("apisession=([0-9a-f]{32})");
    /** Defect 1: the user of the current request is in a field that all requests share. */
    private static volatile String asking;

    public static void main(String[] args) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])), 128);
        server.createContext("/", Server::answer);
        server.setExecutor(Executors.newFixedThreadPool(16));
        server.start();
    }

    private static void answer(HttpExchange exchange) throws IOException {
        String asked = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        switch (asked) {
            case "GET /healthz" -> send(exchange, 200, "text/plain", "ok");
            case "GET /" -> send(exchange, 200, "text/html", "<div id=\"root\"></div><script>/* renders */</script>");
            case "POST /api/login" -> login(exchange, body);
            case "POST /api/logout" -> logout(exchange);
            case "GET /api/me" -> me(exchange);
            default -> json(exchange, 404, "{\"error\":\"not found\"}");
        }
    }

    private static void login(HttpExchange exchange, String body) throws IOException {
        String user = member(body, "username");
        boolean known = "alice".equals(user) || "bob".equals(user);
        if (!known || !System.getenv("PASSWORD").equals(member(body, "password"))) {
            json(exchange, 401, "{\"error\":\"wrong user or password\"}");
            return;
        }
        byte[] bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        String id = HexFormat.of().formatHex(bytes);
        Files.writeString(FOLDER.resolve(id), user);
        exchange.getResponseHeaders().add("Set-Cookie", "apisession=" + id + "; Path=/; HttpOnly; SameSite=Strict");
        json(exchange, 200, "{\"ok\":true}");
    }

    private static void logout(HttpExchange exchange) throws IOException {
        String id = id(exchange);
        // Defect 2: the logout deletes the cookie, and not the session.
        if (id != null && !"2".equals(BROKEN)) Files.deleteIfExists(FOLDER.resolve(id));
        exchange.getResponseHeaders().add("Set-Cookie", "apisession=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
        json(exchange, 200, "{\"ok\":true}");
    }

    private static void me(HttpExchange exchange) throws IOException {
        String user = user(exchange);
        if (user == null) {
            json(exchange, 401, "{\"error\":\"not signed in\"}");
            return;
        }
        asking = user;
        boolean shared = "1".equals(BROKEN);
        if (shared) lookUp();
        json(exchange, 200, "{\"user\":{\"name\":\"" + (shared ? asking : user) + "\"},\"theme\":\"dark\"}");
    }

    /** Waits 3 ms before the response is written, as a lookup would. */
    private static void lookUp() {
        try {
            Thread.sleep(3);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private static String id(HttpExchange exchange) {
        String cookie = exchange.getRequestHeaders().getFirst("Cookie");
        Matcher matcher = COOKIE.matcher(cookie == null ? "" : cookie);
        return matcher.find() ? matcher.group(1) : null;
    }

    private static String user(HttpExchange exchange) throws IOException {
        String id = id(exchange);
        try {
            return id == null ? null : Files.readString(FOLDER.resolve(id));
        } catch (NoSuchFileException gone) {
            return null;
        }
    }

    /** Returns a member of a JSON object whose values are strings without escapes. */
    private static String member(String json, String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"]*)\"").matcher(json);
        return matcher.find() ? matcher.group(1) : "";
    }

    private static void json(HttpExchange exchange, int status, String text) throws IOException {
        exchange.getResponseHeaders().add("Cache-Control", "no-store");
        send(exchange, status, "application/json", text);
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", type);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }
}
