/** Defines words that show the purpose of a form or a link, such as a login or a logout. */

export const LOGIN = /log.?in|log.?on|sign.?in|anmelden|connexion|acceder|entrar/;
export const REGISTER = /regist|sign.?up|create.{0,12}account|join|reset|forgot|newsletter|subscribe|search/;
/**
 * Matches the text and the path of a link or button that may log out. An ambiguous word such as `leave` or `exit`
 * counts only if the text has no other word. Opening such a link may end the session.
 */
export const LOGOUT =
  /log.?out|log.?off|sign.?out|sign.?off|end.session|abmelden|d[eé]connexion|salir|cerrar|uitloggen|wyloguj|logga.?ut|esci\b|выйти|выход|登出|退出|ログアウト|로그아웃|^\s*(leave|exit|quit|bye|disconnect)\s+\//;

/** Words that show with certainty that a form field is for a one-time code. */
export const CODE = /one.?time|otp|2fa|mfa|two.?(factor|step)|authenticator/;
/** Words of a page or form that may contain a field for a one-time code. */
export const CODE_PAGE = /one.?time|otp|2fa|mfa|two.?(factor|step)|authenticat|verification|challenge/;

/**
 * Words of forms that init never sends, even with permission, because they may delete, pay, send mail or change who can
 * log in.
 */
export const UNSAFE =
  /delet|remov|destroy|drop|clear|empty|cancel|pay|checkout|order|buy|purchas|donat|transfer|withdraw|refund|billing|card.?number|iban|mail|invit|send|message|contact|share|publish|notif|password|passwd|pwd|secret|token|2fa|otp|account|profile|settings|username|phone|address|admin|role|permission|grant|import|upload|deploy|restart|shutdown|log.?out|sign.?out|unsubscrib|deactivat|close|renam|truncat|database|reboot|restore|backup|install|revok|migrat|privileg|terminat/;
