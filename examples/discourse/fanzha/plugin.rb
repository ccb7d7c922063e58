# frozen_string_literal: true

# name: fanzha
# about: Asks fanzha about each post before it appears
# version: 0.1.0
# authors: The fanzha maintainers

enabled_site_setting :fanzha_enabled

require_relative "lib/fanzha_client"

after_initialize do
  # Handlers run before the post is made; nil lets it go its usual way.
  NewPostManager.add_handler(10) do |manager|
    next unless SiteSetting.fanzha_enabled && SiteSetting.fanzha_url.present?
    next if manager.user.staff? || manager.args[:archetype] == Archetype.private_message

    client =
      FanzhaClient.new(
        SiteSetting.fanzha_url,
        key: SiteSetting.fanzha_key,
        timeout_s: SiteSetting.fanzha_timeout_ms / 1000.0,
      )
    suggestion, why =
      client.ask(
        title: manager.args[:title],
        body: manager.args[:raw],
        author_name: manager.user.username,
        author_id: manager.user.id,
        board: SiteSetting.fanzha_board,
      )
    # Only why there is no verdict: never the post.
    Rails.logger.warn("fanzha: no verdict (#{why}); the post went its usual way") if why

    case suggestion
    when "block"
      result = NewPostResult.new(:created_post, false)
      result.errors.add(:base, I18n.t("fanzha.blocked"))
      result
    when "review"
      manager.enqueue(:fanzha)
    end
  end
end
