<?php
// A PHP app written as shops are: with the sessions of PHP, in files that all instances share.
if ($_SERVER['REQUEST_URI'] === '/healthz') { echo 'ok'; return; }
$broken = getenv('BROKEN');
ini_set('session.save_path', getenv('HOST_DIR'));
ini_set('session.use_strict_mode', '1');
session_set_cookie_params(['httponly' => true, 'samesite' => 'Lax', 'path' => '/']);
session_start();
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$user = $_SESSION['user'] ?? null;
$_SESSION['token'] ??= bin2hex(random_bytes(16));
$post = $_SERVER['REQUEST_METHOD'] === 'POST';

if ($post && !hash_equals($_SESSION['token'], $_POST['token'] ?? '')) { http_response_code(400); echo 'bad token'; return; }

function go(string $to): void { header("Location: $to", true, 302); }

if ($path === '/login.php' && $post) {
    $right = in_array($_POST['user'] ?? '', ['alice', 'bob'], true) && ($_POST['pass'] ?? '') === getenv('PASSWORD');
    if (!$right) { go('/login.php?error=1'); return; }
    // Defect 2: the login keeps the session that existed before, and its id.
    if ($broken !== '2') { session_regenerate_id(true); }
    $_SESSION['user'] = $_POST['user'];
    go('/');
    return;
}
if ($path === '/logout.php' && $post) {
    // Defect 1: the logout deletes the cookie, and not the session.
    if ($broken !== '1') { $_SESSION = []; session_destroy(); }
    setcookie(session_name(), '', ['expires' => 1, 'path' => '/', 'httponly' => true, 'samesite' => 'Lax']);
    go('/login.php');
    return;
}
$token = '<input type="hidden" name="token" value="' . $_SESSION['token'] . '">';
if ($path === '/login.php') {
    echo "<form action='/login.php' method='post'>$token<input name='user'><input name='pass' type='password'>" .
        "<button>Anmelden</button></form>";
    return;
}
if ($user === null) { go('/login.php'); return; }
if ($path === '/add' && $post) {
    $_SESSION['cart'][] = substr($_POST['item'] ?? '', 0, 200);
    go('/');
    return;
}
$items = implode('', array_map(fn($one) => '<li class="item">' . htmlspecialchars($one) . '</li>', $_SESSION['cart'] ?? []));
echo "<h1>Shop</h1><p>Hello <b>" . htmlspecialchars($user) . "</b></p><ul>$items</ul>" .
    "<form action='/add' method='post'>$token<input name='item'><button>Add to cart</button></form>" .
    "<form action='/logout.php' method='post'>$token<button>Abmelden</button></form>";
